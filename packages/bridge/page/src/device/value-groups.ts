// Fields by subject: those of one subject stand together, the leading ones first, settings last and folded.

import { subjectOf } from '../format/subject.ts';

export interface Group {
  /** '' for what has no subject in common with others. */
  readonly subject: string;
  readonly fields: readonly string[];
}

/** Fewer of one subject make no group of their own. */
const groupMin = 2;

export function groupsOf(fields: readonly string[], lead: readonly string[]) {
  const bySubject = new Map<string, string[]>();
  for (const field of [...lead.filter((each) => fields.includes(each)), ...fields]) {
    const subject = subjectOf(field);
    const group = bySubject.get(subject) ?? [];
    if (!group.includes(field)) group.push(field);
    bySubject.set(subject, group);
  }
  const single: string[] = [];
  const open: Group[] = [];
  const folded: Group[] = [];
  for (const [subject, group] of bySubject) {
    if (subject === 'setting') folded.push({ subject, fields: group });
    else if (group.length < groupMin) single.push(...group);
    else open.push({ subject, fields: group });
  }
  if (single.length > 0) open.push({ subject: '', fields: single });
  return { open, folded };
}
