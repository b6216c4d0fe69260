import { existsSync } from 'node:fs';
import { isProgramHash, type Programs, worldErrors } from '@perdure/world';
import { isMissing, type Layout } from './layout.ts';
import { readWhole, writeWhole } from './messages.ts';

export interface LocalProgramsOptions {
  readonly layout: Layout;
  /** Throws WORLD_CLOSED once the world is closed. */
  readonly open: () => void;
  /** Carries the new name and its file through to the disk where that is promised. */
  readonly settle: (path: string) => Promise<void> | undefined;
}

/** Programs as files named by their hash; whole or absent, so any process may put one without driving. */
export class LocalPrograms implements Programs {
  readonly #options: LocalProgramsOptions;

  constructor(options: LocalProgramsOptions) {
    this.#options = options;
  }

  async put(hash: string, code: string): Promise<void> {
    const { layout, open, settle } = this.#options;
    open();
    const path = layout.programFile(hash);
    if (existsSync(path)) return;
    try {
      layout.make();
      writeWhole(layout.programs, `${hash}.js`, code);
      await settle(path);
    } catch (error) {
      throw worldErrors.dataUnreadable(path, error);
    }
  }

  async get(hash: string): Promise<string | undefined> {
    const { layout, open } = this.#options;
    open();
    if (!isProgramHash(hash)) return undefined;
    const path = layout.programFile(hash);
    try {
      return readWhole(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw worldErrors.dataUnreadable(path, error);
    }
  }
}
