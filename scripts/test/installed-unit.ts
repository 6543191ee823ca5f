// A unit file as systemd would start it, as far as a test can without systemd: user, environment, command.

export interface InstalledUnit {
  /** What root runs before. */
  readonly preparations: readonly (readonly string[])[];
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  /** What counts as success beside 0. */
  readonly successStatuses: readonly number[];
}

export function parseUnit(text: string): InstalledUnit {
  const valuesOf = (key: string): string[] =>
    [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  const [start = ''] = valuesOf('ExecStart');
  const [user = 'root'] = valuesOf('User');
  const [state] = valuesOf('StateDirectory');
  const assignments = valuesOf('Environment').map((assignment) => assignment.split('=', 2));
  return {
    preparations: valuesOf('ExecStartPre').map((line) => line.replace(/^[-+]+/, '').split(' ')),
    command: ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--', ...start.split(' ')],
    environment: {
      ...Object.fromEntries(assignments),
      ...(state === undefined ? {} : { STATE_DIRECTORY: `/var/lib/${state}` }),
    },
    successStatuses: (valuesOf('SuccessExitStatus')[0] ?? '').split(' ').filter(Boolean).map(Number),
  };
}
