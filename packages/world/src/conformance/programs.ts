import assert from 'node:assert/strict';
import { refuses, type Suite } from './bench.ts';

const hash = 'c0ffee'.repeat(10);

export const programTests: Suite = {
  async 'a program comes back as it was put, once and for all'(bench) {
    const code = '"use strict";\n// \u2028 é 😀 \\u0000\nvar x = `\r\n`;\n';
    assert.equal(await bench.world.programs.get(hash), undefined);
    await bench.world.programs.put(hash, code);
    await bench.world.programs.put(hash, code);
    assert.equal(await bench.world.programs.get(hash), code);
    if (await bench.reopen()) assert.equal(await bench.world.programs.get(hash), code);
  },

  async 'a hash is lowercase hex and never a path'(bench) {
    for (const wrong of ['', '../abc', 'ABC', 'xyz', 'a/b', 'a'.repeat(129), '__proto__', 'a\u0000']) {
      await refuses('INPUT_INVALID', bench.world.programs.put(wrong, 'code'));
      assert.equal(await bench.world.programs.get(wrong), undefined);
    }
  },
};
