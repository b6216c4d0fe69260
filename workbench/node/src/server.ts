/**
 * The order service on plain node:http, with the package's own routes.
 *
 * Prints `listening on <port>` when ready. PORT (default any free one); the data directory is
 * WORKFLOW_LOCAL_DATA_DIR. WORKBENCH_DRIVER=on adds what the end-to-end suite drives it by; WORKBENCH_LEASE_MS is for how
 * long a process that is gone keeps its runs (default 10,000).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleDriver } from '@workbench/e2e/driver.ts';
import { createHandler } from 'perdure/api';
import { nodeListener } from 'perdure/node';
import { close, createRuntime, getWorld } from 'perdure/runtime';
import { handleOrders } from './routes.ts';

const driven = process.env.WORKBENCH_DRIVER === 'on';
const handle = createHandler();
const server = createServer(
  nodeListener(async (request, details) => {
    return (
      (await handle(request, details)) ??
      (driven ? await handleDriver(request) : undefined) ??
      handleOrders(request)
    );
  }),
);
await new Promise<void>((resolve) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const publicUrl = process.env.WORKFLOW_PUBLIC_URL ?? `http://127.0.0.1:${port}`;
// Runs that a killed process left behind go on from here.
const leaseMs = Number(process.env.WORKBENCH_LEASE_MS ?? 10_000);
createRuntime({ world: await getWorld(), publicUrl, leaseMs });
console.log(`listening on ${port}`);

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void close().then(() => process.exit(0));
});
