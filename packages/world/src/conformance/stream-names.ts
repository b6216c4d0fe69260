import assert from 'node:assert/strict';
import { each, refuses, type Suite } from './bench.ts';
import { readAll } from './streams.ts';

const names: readonly string[] = [
  'out',
  '../../out',
  '/etc/passwd',
  '..',
  'a/b\\c',
  'nul\u0000 line\n tab\t',
  'é 😀 \u2028',
  '\ud800',
  '\udc00',
  '__proto__',
  'CON.log',
  'n'.repeat(512),
  'N'.repeat(512),
];

/** S3: names are data; and what is no name, no chunk or no run is refused. */
export const streamNameTests: Suite = {
  ...each(
    names,
    (name) => `a stream's name is data: ${JSON.stringify(name).slice(0, 40)} (${name.codePointAt(0)})`,
    async (bench, name) => {
      await bench.start('run_1');
      await bench.start('run_2');
      await bench.world.streams.append('run_1', name, ['mine']);
      await bench.world.streams.append('run_1', `${name.slice(1)}!`, ['other']);
      await bench.world.streams.append('run_2', name, ['theirs', 'again']);
      const check = async () => {
        assert.deepEqual(await readAll(bench, name), ['mine']);
        const found = (await bench.world.streams.list('run_1')).map((stream) => stream.name);
        assert.deepEqual(found, [name, `${name.slice(1)}!`].sort());
        assert.deepEqual(await bench.world.streams.info('run_2', name), { tail: 2, closed: false });
      };
      await check();
      if (await bench.reopen()) await check();
    },
  ),

  async 'names and chunks that are none are refused'(bench) {
    await bench.start('run_1');
    const { streams } = bench.world;
    for (const name of ['', 'n'.repeat(513), 7, null, undefined] as string[]) {
      await refuses('INPUT_INVALID', streams.append('run_1', name, ['x']));
      await refuses('INPUT_INVALID', streams.close('run_1', name));
      await refuses('INPUT_INVALID', streams.read('run_1', name, { from: 0 }));
      await refuses('INPUT_INVALID', streams.info('run_1', name));
      assert.throws(() => streams.watch('run_1', name, () => {}), { code: 'INPUT_INVALID' });
    }
    for (const chunks of ['text', [7], ['good', null], undefined] as string[][]) {
      await refuses('INPUT_INVALID', streams.append('run_1', 'out', chunks));
    }
    assert.deepEqual(await streams.list('run_1'), []);
  },

  async 'streams of an unknown run are refused'(bench) {
    const { streams } = bench.world;
    for (const runId of ['run_x', '../run_1', '', '__proto__']) {
      await refuses('RUN_NOT_FOUND', streams.append(runId, 'out', ['x']));
      await refuses('RUN_NOT_FOUND', streams.close(runId, 'out'));
      await refuses('RUN_NOT_FOUND', streams.read(runId, 'out', { from: 0 }));
      await refuses('RUN_NOT_FOUND', streams.info(runId, 'out'));
      await refuses('RUN_NOT_FOUND', streams.list(runId));
      streams.watch(runId, 'out', () => {})();
    }
  },
};
