// Addresses within the page: `#/`, `#/devices`, `#/device/<id>`, `#/system`. They work from any static server.

import { useLayoutEffect, useState } from 'preact/hooks';

export type Route =
  | { readonly page: 'overview' | 'devices' | 'system' }
  | { readonly page: 'device'; readonly id: string };

export const overviewAddress = '#/';
export const devicesAddress = '#/devices';
export const systemAddress = '#/system';
export const deviceAddress = (id: string): string => `#/device/${encodeURIComponent(id)}`;

function routeOf(hash: string): Route {
  const [, page, id] = hash.split('/');
  if (page === 'device' && id) return { page, id: decoded(id) };
  return { page: page === 'devices' || page === 'system' ? page : 'overview' };
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
