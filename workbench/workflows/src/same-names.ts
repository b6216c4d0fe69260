async function add(a: number, b: number): Promise<number> {
  'use step';
  return a + 2 * b;
}

/** A plain function that a workflow calls; its step shares its name with one in another file. */
export function addTenTwice(n: number): Promise<number> {
  return add(n, 10);
}
