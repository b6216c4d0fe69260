/** How a schema comes to be, and what it is. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporarySchema, temporarySchema } from './server.ts';

let schema: TemporarySchema;
beforeEach(async () => {
  schema = await temporarySchema();
});
afterEach(() => schema.drop());

test('many worlds that open at once migrate once', async () => {
  const worlds = Array.from({ length: 10 }, () => schema.open());
  await Promise.all(worlds.map((world) => world.open()));
  expect(await schema.ask(`SELECT name FROM "${schema.name}".migrations`)).toEqual([{ name: '0001_store' }]);
  await Promise.all(worlds.map((world) => world.close()));
});

test('migrating again changes nothing, and says so', async () => {
  const world = schema.open();
  expect(await world.migrate()).toEqual(['0001_store']);
  expect(await world.migrate()).toEqual([]);
  await world.close();
});

test('the printed SQL does the same, and does no harm a second time', async () => {
  const world = schema.open({ migrations: 'check' });
  const sql = world.migrationSql();
  await schema.ask(sql);
  await schema.ask(sql);
  await world.open();
  expect(await world.runs.list()).toEqual({ runs: [] });
  await world.close();
});

test('a migration that fails leaves nothing behind', async () => {
  const world = schema.open();
  await schema.ask(`CREATE SCHEMA "${schema.name}"`);
  await schema.ask(`CREATE TABLE "${schema.name}".streams (other text)`);
  await expect(world.migrate()).rejects.toMatchObject({ code: 'SCHEMA_OLD' });
  const tables = await schema.ask(
    'SELECT relname FROM pg_class WHERE relkind = $1 AND relnamespace = $2::regnamespace',
    ['r', `"${schema.name}"`],
  );
  expect(tables).toEqual([{ relname: 'streams' }]);
  await world.close();
});

test('the schema is as it was released', async () => {
  const world = schema.open();
  await world.open();
  await world.close();
  const lines: string[] = [];
  const add = async (text: string): Promise<void> => {
    for (const { line } of await schema.ask(text, [schema.name])) lines.push(String(line));
  };
  await add(`SELECT format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' END,
      CASE WHEN d.oid IS NOT NULL THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) END) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND a.attnum > 0 ORDER BY c.relname, a.attnum`);
  await add('SELECT indexdef AS line FROM pg_indexes WHERE schemaname = $1 ORDER BY indexname');
  await add(`SELECT format('%s with %s', relname, reloptions) AS line FROM pg_class
    WHERE relnamespace = $1::regnamespace AND reloptions IS NOT NULL ORDER BY relname`);
  await add(
    `SELECT pg_get_functiondef(oid) AS line FROM pg_proc WHERE pronamespace = $1::regnamespace ORDER BY proname`,
  );
  const dump = lines.join('\n').replaceAll(schema.name, 'perdure').replaceAll('"perdure"', 'perdure');
  await expect(`${dump}\n`).toMatchFileSnapshot('schema.snapshot.sql');
});
