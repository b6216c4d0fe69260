/** The order service as a process, as its demo uses it. */
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from '@workbench/e2e/server-process.ts';

export function startOrderServer(dataDir: string): Promise<ServerProcess> {
  return startServer({
    directory: fileURLToPath(new URL('..', import.meta.url)),
    args: ['--import', 'perdure/register', 'src/server.ts'],
    env: { WORKFLOW_TARGET_WORLD: 'local', WORKFLOW_LOCAL_DATA_DIR: dataDir },
  });
}
