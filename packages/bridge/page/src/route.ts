// Addresses within the page: `#/`, `#/devices`, `#/device/<id>`. They work from any static server.

import { useLayoutEffect, useState } from 'preact/hooks';

export type Route =
  | { readonly page: 'overview' | 'devices' }
  | { readonly page: 'device'; readonly id: string };

export const overviewAddress = '#/';
export const devicesAddress = '#/devices';
export const deviceAddress = (id: string): string => `#/device/${encodeURIComponent(id)}`;

export function routeOf(hash: string): Route {
  const [, page, id] = hash.split('/');
  if (page === 'device' && id) return { page, id: decoded(id) };
  return { page: page === 'devices' ? 'devices' : 'overview' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useLayoutEffect(() => {
    const follow = () => {
      setHash(location.hash);
      scrollTo(0, 0);
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return routeOf(hash);
}
