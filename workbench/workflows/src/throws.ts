export function throwFromAnotherFile(): never {
  throw new Error('thrown in throws.ts');
}
