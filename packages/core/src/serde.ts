/** The names of the two static methods by which a class crosses as instances: its data, and the way back. */

/** `static [WORKFLOW_SERIALIZE](instance)` gives what is stored of an instance. */
export const WORKFLOW_SERIALIZE: unique symbol = Symbol.for('workflow-serialize') as never;

/** `static [WORKFLOW_DESERIALIZE](data)` makes an instance of what was stored. */
export const WORKFLOW_DESERIALIZE: unique symbol = Symbol.for('workflow-deserialize') as never;
