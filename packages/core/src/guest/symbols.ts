/** Symbols that `using` needs: Node 22 has them in its own realm only, not in the contexts it makes. */
for (const name of ['dispose', 'asyncDispose']) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
