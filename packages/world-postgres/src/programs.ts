import { isProgramHash, type Programs, worldErrors } from '@perdure/world';
import { fromColumn, toColumn } from './column-text.ts';
import type { Database } from './database.ts';

/** Programs in a table, by the hash of their content. */
export class PostgresPrograms implements Programs {
  readonly #database: Database;
  readonly #open: () => Promise<void> | undefined;

  constructor(database: Database, open: () => Promise<void> | undefined) {
    this.#database = database;
    this.#open = open;
  }

  async put(hash: string, code: string): Promise<void> {
    await this.#open();
    if (!isProgramHash(hash)) throw worldErrors.programHashInvalid(hash);
    await this.#database.run({
      what: 'store a program',
      text: `INSERT INTO "${this.#database.schema}".programs (hash, code) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      values: () => [hash, toColumn(code)],
    });
  }

  async get(hash: string): Promise<string | undefined> {
    await this.#open();
    if (!isProgramHash(hash)) return undefined;
    const [row] = await this.#database.run<{ code: string }>({
      what: 'read a program',
      text: `SELECT code FROM "${this.#database.schema}".programs WHERE hash = $1`,
      values: () => [hash],
    });
    return row && fromColumn(row.code);
  }
}
