declare module "bencode" {
  /** Byte strings arrive as Uint8Array, keys as text. */
  export type Bencoded = number | Uint8Array | Bencoded[] | { [key: string]: Bencoded };
  export type Bencodable =
    | number
    | string
    | Uint8Array
    | readonly Bencodable[]
    | { readonly [key: string]: Bencodable | undefined };
  const bencode: { encode(value: Bencodable): Uint8Array; decode(bytes: Uint8Array): Bencoded };
  export default bencode;
}
