/** Judges the files of the local world by its documented format, without its code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** What is wrong with the lines of one run's file. */
export function linesAreIntact(runId: string, text: string): string[] {
  const problems: string[] = [];
  const complain = (line: number, problem: string): void => {
    problems.push(`${runId}.jsonl:${line}: ${problem}`);
  };
  const lines = text.split('\n');
  if (lines.pop() !== '') complain(lines.length + 1, 'a line without an end');
  let version = 0;
  let committed = false;
  for (const [index, line] of lines.entries()) {
    const record = recordOf(runId, line);
    if (typeof record === 'string') {
      complain(index + 1, record);
      continue;
    }
    if (record.eventType !== undefined) version += 1;
    if (record.version !== version) complain(index + 1, `version ${record.version}, expected ${version}`);
    committed = Object.hasOwn(record, 'wake');
  }
  if (!committed) complain(lines.length, 'an append without its end');
  return problems;
}

function recordOf(runId: string, line: string): Record<string, unknown> | string {
  const match = /^(.*),"crc":"([0-9a-f]{8})"\}$/s.exec(line);
  if (!match) return 'no checksum';
  if (crc32(match[1]!, crc32(runId)) !== Number.parseInt(match[2]!, 16))
    return 'a checksum that does not fit';
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return 'no JSON';
  }
}

/** What is wrong with a data directory whose runs have all ended and that nobody has open. */
export function directoryIsInOrder(root: string): string[] {
  const problems: string[] = [];
  const names = (folder: string): string[] => readdirSync(join(root, folder));
  for (const name of names('runs/active')) problems.push(`${name} is among the active runs`);
  for (const name of names('inbox').filter((one) => one.endsWith('.json'))) {
    problems.push(`nobody took the message ${name}`);
  }
  for (const name of names('runs/ended')) {
    const runId = name.slice(0, -'.jsonl'.length);
    problems.push(...linesAreIntact(runId, readFileSync(join(root, 'runs/ended', name), 'utf8')));
  }
  return problems;
}
