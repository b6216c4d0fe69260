/** Every bound on what a caller hands to a World, with its unit. */

export const NAME_CHARACTERS_MAX = 1024;
export const TOKEN_CHARACTERS_MAX = 512;
export const RUN_KEY_CHARACTERS_MAX = 512;

/** Counted after merging, over the whole life of a run. */
export const ATTRIBUTES_PER_RUN_MAX = 64;
/** One event may delete as many as it sets. */
export const ATTRIBUTES_PER_EVENT_MAX: number = 2 * ATTRIBUTES_PER_RUN_MAX;
export const ATTRIBUTE_KEY_CHARACTERS_MAX = 256;
/** As UTF-8. */
export const ATTRIBUTE_VALUE_BYTES_MAX = 256;

export const STREAM_NAME_CHARACTERS_MAX = 512;
/** The chunks of one append together. */
export const STREAM_APPEND_BYTES_MAX: number = 128 * 1024 * 1024;
/** A page of a stream ends with the chunk that reaches this, or this many. */
export const STREAM_PAGE_BYTES: number = 4 * 1024 * 1024;
export const STREAM_PAGE_CHUNKS_MAX = 1000;
