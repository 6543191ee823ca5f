// Certificate and key of a listener, read again when the files change, so that a renewal needs no restart.

import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';

export interface CertificateFiles {
  /** The certificate and those that vouch for it, PEM. */
  readonly certFile: string;
  readonly keyFile: string;
}

interface Pem {
  readonly cert: string;
  readonly key: string;
}

export interface Certificate {
  /** @throws Error in words for the operator */
  read(): Pem;
  /** Calls back with a new pair that fits; one that does not is reported and the old one stays. */
  onChange(listener: (pem: Pem) => void): void;
  close(): void;
}

const lookEveryMs = 60_000;

/** @param key where it stands in the configuration: `web.tls`. @throws Error in words for the operator */
export function readCertificate(key: string, { certFile, keyFile }: CertificateFiles): Pem {
  try {
    const pem = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext({ ...pem, minVersion: 'TLSv1.2' });
    return pem;
  } catch (error) {
    throw new Error(`${key}: ${certFile} with ${keyFile} cannot be used: ${(error as Error).message}`);
  }
}

/** @param key as of `readCertificate` */
export function openCertificate(
  key: string,
  { certFile, keyFile }: CertificateFiles,
  report: (text: string) => void,
): Certificate {
  const listeners: ((pem: Pem) => void)[] = [];
  const read = (): Pem => readCertificate(key, { certFile, keyFile });
  const renew = (): void => {
    try {
      const pem = read();
      for (const listener of listeners) listener(pem);
      report(`${key}: the certificate was read again.`);
    } catch (error) {
      report(`${(error as Error).message}. The one before stays in use.`);
    }
  };
  const files = [certFile, keyFile];
  for (const file of files) watchFile(file, { interval: lookEveryMs, persistent: false }, renew);
  return {
    read,
    onChange: (listener) => void listeners.push(listener),
    close: () => {
      for (const file of files) unwatchFile(file, renew);
    },
  };
}
