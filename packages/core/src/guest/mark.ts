/** On the `Promise.prototype` of every sandbox: tells its promises from the host's. Registered symbols are shared by realms. */
export const guestMark: symbol = Symbol.for('perdure.guest');
