// Which topics the bridge listens to, and MQTT's topic filters.

import { agentStateTopic, replacedTopics, vendorWords } from '@wattline/protocols';

/** Topics of the agents and of the programs that they replace, by default. */
export const defaultTopics: readonly string[] = [
  ...vendorWords.map((vendor) => `${vendor}/+/+`),
  agentStateTopic('+'),
  ...replacedTopics.filter((topic) => topic !== 'victron/+/+'),
];

/** MQTT 3.1.1, 4.7: `+` is one level, `#` the level above it and all below; neither matches a leading `$`. */
export function matchesTopic(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length) return false;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
