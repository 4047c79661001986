// What is made when it is first asked for, and kept.

/** `make`, called at most once; when it throws, the next call tries again. */
export function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
