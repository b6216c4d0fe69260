import assert from 'node:assert/strict';
import type { EventOf, SentEvent } from '../event.ts';
import {
  ATTRIBUTE_KEY_CHARACTERS_MAX,
  ATTRIBUTE_VALUE_BYTES_MAX,
  ATTRIBUTES_PER_RUN_MAX,
} from '../limits.ts';
import { each, refuses, type Suite } from './bench.ts';
import { attrSet, runCompleted, runCreated } from './events.ts';

function sent(key: string, attributes: Record<string, string | null>): SentEvent {
  return { eventType: 'attr_set', key, eventData: { attributes } };
}

function numbered(count: number, from = 0): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`name ${from + n}`, 'x']));
}

/** Records that are no attributes: JSON gives `__proto__` a property of its own. */
const wrong: ReadonlyArray<readonly [string, unknown]> = [
  ['an empty name', { '': 'x' }],
  ['a name that is too long', { ['n'.repeat(ATTRIBUTE_KEY_CHARACTERS_MAX + 1)]: 'x' }],
  ['a value that is too long', { name: 'x'.repeat(ATTRIBUTE_VALUE_BYTES_MAX + 1) }],
  ['a value that is too long in UTF-8', { name: 'é'.repeat(ATTRIBUTE_VALUE_BYTES_MAX / 2 + 1) }],
  ['a value that is no text', { name: 7 }],
  ['a list', ['x']],
  ['a name that changes prototypes', JSON.parse('{"__proto__":"x"}')],
];

export const attributeTests: Suite = {
  async 'attributes of the creation and of later events are merged, and null deletes'(bench) {
    const event = runCreated('run_1', bench.now, {
      attributes: { customer: 'ada', region: 'eu', base64: 'YQ==' },
    });
    const { claim } = await bench.world.runs.create(event, {
      claimFor: { worker: 'worker_a', leaseMs: 1000 },
    });
    assert.ok(claim);
    await bench.write(claim, 1, [
      attrSet({ region: null, plan: 'b' }),
      attrSet({ plan: 'c', constructor: 'é😀' }),
    ]);
    await bench.world.runs.send('run_1', sent('key_1', { base64: 'Yg==', missing: null }));
    const expected = { customer: 'ada', base64: 'Yg==', plan: 'c', constructor: 'é😀' };
    const check = async () => {
      assert.deepEqual((await bench.world.runs.get('run_1'))?.attributes, expected);
      assert.deepEqual((await bench.world.runs.list()).runs[0]?.attributes, expected);
    };
    await check();
    if (await bench.reopen()) await check();
    const [again] = await bench.claim('worker_b');
    bench.advance(1000);
    const taken = again ?? (await bench.claim('worker_b'))[0];
    assert.ok(taken);
    await bench.write(taken.claim, 4, [runCompleted]);
    await check();
    const [created] = await bench.world.runs.history('run_1', { limit: 1 });
    assert.deepEqual(created, event);
    if (await bench.reopen()) await check();
  },

  async 'attributes that were all deleted stay deleted when the run has ended'(bench) {
    const event = runCreated('run_1', bench.now, { attributes: { customer: 'ada' } });
    await bench.world.runs.create(event);
    const [taken] = await bench.claim();
    await bench.write(taken!.claim, 1, [attrSet({ customer: null }), runCompleted]);
    assert.deepEqual((await bench.world.runs.get('run_1'))?.attributes, {});
    if (await bench.reopen()) assert.deepEqual((await bench.world.runs.get('run_1'))?.attributes, {});
  },

  async 'what a caller does to the attributes it got changes nothing'(bench) {
    const attributes = { customer: 'ada' };
    const { run } = await bench.world.runs.create(runCreated('run_1', bench.now, { attributes }));
    attributes.customer = 'bob';
    (run.attributes as Record<string, string>).customer = 'eve';
    assert.deepEqual((await bench.world.runs.get('run_1'))?.attributes, { customer: 'ada' });
  },

  async 'a run has at most 64 attributes, counted after merging'(bench) {
    const full = numbered(ATTRIBUTES_PER_RUN_MAX);
    const { runs } = bench.world;
    await refuses(
      'INPUT_INVALID',
      runs.create(runCreated('run_x', bench.now, { attributes: { ...full, y: 'x' } })),
    );
    await runs.create(runCreated('run_1', bench.now, { attributes: full }));
    const [taken] = await bench.claim();
    const { claim } = taken!;
    await refuses('INPUT_INVALID', bench.append(claim, 1, [attrSet({ more: 'x' })]));
    await refuses('INPUT_INVALID', runs.send('run_1', sent('key_1', { more: 'x' })));
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
    await bench.write(claim, 1, [attrSet({ 'name 0': null }), attrSet({ more: 'x' })]);
    await runs.send('run_1', sent('key_2', { more: null, 'name 0': 'y' }));
    const after = (await runs.get('run_1'))?.attributes ?? {};
    assert.deepEqual(Object.keys(after).sort(), Object.keys(full).sort());
    const swap = {
      ...Object.fromEntries(Object.keys(full).map((name) => [name, null])),
      ...numbered(64, 100),
    };
    await runs.send('run_1', sent('key_3', swap));
    assert.deepEqual((await runs.get('run_1'))?.attributes, numbered(64, 100));
  },

  ...each(
    wrong,
    ([name]) => `${name} is refused`,
    async (bench, [, attributes]) => {
      const good = runCreated('run_1', bench.now);
      const bad = { ...good, eventData: { ...good.eventData, attributes } } as EventOf<'run_created'>;
      await refuses('INPUT_INVALID', bench.world.runs.create(bad));
      const claim = await bench.start('run_1');
      const changes = attributes as Record<string, string>;
      await refuses('INPUT_INVALID', bench.append(claim, 1, [attrSet(changes)]));
      await refuses('INPUT_INVALID', bench.world.runs.send('run_1', sent('key_1', changes)));
      assert.deepEqual(await bench.types('run_1'), ['run_created']);
      assert.deepEqual((await bench.world.runs.get('run_1'))?.attributes, {});
    },
  ),
};
