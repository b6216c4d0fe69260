import { z } from 'zod';

/**
 * Serialized user data, opaque to a World: readable text, or an envelope's bytes when the text was sealed
 * or compressed. A World gives back exactly what it was given (W8).
 */
export type Payload = string | Uint8Array;

export const payloadSchema: z.ZodType<Payload> = z.union([z.string(), z.instanceof(Uint8Array)]);
