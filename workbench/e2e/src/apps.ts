/** The apps and worlds that the suite can be played on; one line each. */
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from './server-process.ts';

export type Mode = 'dev' | 'prod';

interface AppUnderTest {
  /** Folder in workbench. */
  readonly folder: string;
  /** What node is started with in that folder. */
  readonly args: readonly string[];
}

export const apps: Readonly<Record<string, AppUnderTest>> = {
  node: { folder: 'node', args: ['--import', 'perdure/register', 'src/server.ts'] },
};

/** The environment that puts an app on a world; `directory` is its own. */
export const worlds: Readonly<Record<string, (directory: string) => Record<string, string>>> = {
  local: (directory) => ({ WORKFLOW_TARGET_WORLD: 'local', WORKFLOW_LOCAL_DATA_DIR: `${directory}/data` }),
  memory: () => ({ WORKFLOW_TARGET_WORLD: 'memory' }),
};

/** A key for the tests of this machine only. */
export const signingKeys = `suite:${Buffer.alloc(32, 7).toString('base64')}`;

export interface Setting {
  readonly app: string;
  readonly world: string;
  readonly mode: Mode;
  /** Empty at first, and the same for each server of one story. */
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a server of an app, with the routes that the suite drives it by. */
export function startApp({ app, world, mode, directory, env = {} }: Setting): Promise<ServerProcess> {
  const { folder, args } = apps[app]!;
  return startServer({
    directory: fileURLToPath(new URL(`../../${folder}`, import.meta.url)),
    args,
    env: {
      NODE_ENV: mode === 'prod' ? 'production' : 'development',
      WORKFLOW_SIGNING_KEYS: signingKeys,
      WORKBENCH_DRIVER: 'on',
      WORKBENCH_EFFECTS: `${directory}/effects`,
      ...worlds[world]!(directory),
      ...env,
    },
  });
}
