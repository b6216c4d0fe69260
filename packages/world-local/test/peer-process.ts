/** A process with a world of its own: calls come in over IPC, answers go back. Started by the tests only. */
import { createLocalWorld } from '../src/index.ts';

const world = createLocalWorld({ dataDir: process.argv[2]! });

process.on('message', (message: { id: number; call: string; args: unknown[] }) => {
  void answer(message);
});

async function answer({ id, call, args }: { id: number; call: string; args: unknown[] }): Promise<void> {
  const [part, method] = call.includes('.') ? call.split('.') : ['runs', call];
  const target = (call === 'close' || call === 'stats'
    ? world
    : world[part as 'runs' | 'streams']) as unknown as Record<string, (...args: unknown[]) => unknown>;
  try {
    process.send?.({ id, result: await target[method!]!(...args) });
  } catch (error) {
    const { name, code, message, hint } = error as Record<string, unknown>;
    process.send?.({ id, error: { name, code, message, hint } });
  }
}

process.on('disconnect', () => process.exit(0));
process.send?.({ id: 0 });
