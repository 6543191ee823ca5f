// A value on the screen: the number, then its unit, smaller and lighter.

import type { Shown } from './format/value.ts';

export function ShownValue({ shown }: { readonly shown: Shown }) {
  return (
    <>
      {shown.text}
      {shown.unit === undefined ? null : <span class="u">{shown.unit}</span>}
    </>
  );
}
