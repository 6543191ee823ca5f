// Name and password, where the bridge wants them; and the way out again.

import { useState } from 'preact/hooks';
import { causeOf } from '../live/api.ts';
import { useKnown, usePage, useWords } from '../page-context.ts';
import type { Key } from '../words/words.ts';

export function SignIn() {
  const { api, renew } = usePage();
  const { say } = useWords();
  const [problem, setProblem] = useState<Key>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event & { readonly currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      await api.signIn(String(form.get('name')), String(form.get('password')));
      renew();
    } catch (error) {
      setProblem(causeOf(error, causes));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main id="main" class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>{say('sign_in')}</h1>
        <label>
          {say('user_name')}
          <input name="name" autocomplete="username" autocapitalize="none" required maxlength={64} />
        </label>
        <label>
          {say('password')}
          <input name="password" type="password" autocomplete="current-password" required maxlength={256} />
        </label>
        <p class="problem" role="alert">
          {problem === undefined ? '' : say(problem)}
        </p>
        <button type="submit" class="btn" disabled={busy}>
          {say('sign_in')}
        </button>
        <p class="note">{say('sign_in_why', { command: 'wattline-bridge user add NAME --viewer' })}</p>
      </form>
    </main>
  );
}

const causes = { 401: 'sign_in_wrong', 403: 'sign_in_role', 429: 'sign_in_later' } as const;

export function SignOut() {
  const { api, renew } = usePage();
  const { say } = useWords();
  const user = useKnown((known) => known.user);
  const refused = useKnown(({ link }) => link.state === 'refused');
  if (user === null || refused) return null;
  const leave = (): void => {
    // Where the bridge is away, the page says so by itself.
    api.signOut().then(renew, () => {});
  };
  return (
    <button type="button" class="btn" onClick={leave}>
      {say('sign_out', user)}
    </button>
  );
}
