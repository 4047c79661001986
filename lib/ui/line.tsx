/** @jsxRuntime classic */
// One line of the screen: never wrapped, so that a frame is as high as it was planned.

import { Text } from "ink";
import * as React from "react";
import type { Theme } from "./theme.ts";

export function Line({ theme, text }: { readonly theme: Theme; readonly text: string }) {
  return <Text wrap="truncate">{theme.plain(text)}</Text>;
}
