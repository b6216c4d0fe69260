/** What went wrong with a statement, and whether asking again can help. */

export type Trouble =
  /** It did not happen, or nobody knows whether: every statement of this World may be repeated. */
  | 'passing'
  /** This user does not get in. */
  | 'refused'
  /** Tables or functions are not there. */
  | 'schema'
  /** A pooler between gives this client another connection each time: none keeps a prepared statement. */
  | 'unprepared'
  /** The queue of notifications is full: hints are left out. */
  | 'hints'
  | 'lasting';

const passing = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
  '57014', // cancelled, by a timeout or an operator
  '25006', // read-only: a standby, until the failover is over
]);

export function troubleOf(error: unknown): Trouble {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code))
    return troubleOfState(code, String(message));
  if (error instanceof TypeError || error instanceof RangeError) return 'lasting';
  // The driver was given no password, or a wrong kind of one.
  if (String(message).startsWith('SASL')) return 'refused';
  // Everything else comes from the socket, the pool or the driver's own timeouts.
  return 'passing';
}

function troubleOfState(state: string, message: string): Trouble {
  if (message.includes('NOTIFY')) return 'hints';
  if (state === '26000' || state === '42P05') return 'unprepared';
  if (passing.has(state)) return 'passing';
  const kind = state.slice(0, 2);
  // Connections, resources (too many of them, memory, disk), and the operator's interventions.
  if (kind === '08' || kind === '53' || kind === '57' || kind === '58') return 'passing';
  if (kind === '28' || state === '3D000' || state === '42501') return 'refused';
  return kind === '42' || kind === '3F' ? 'schema' : 'lasting';
}
