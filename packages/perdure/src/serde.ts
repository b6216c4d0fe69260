/** Names of the static methods by which instances of a class cross. */
export { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from '@perdure/core/serde';
