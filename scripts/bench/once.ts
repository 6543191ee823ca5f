// One round of the agent as packaged: from the start of the process until a local Mosquitto has confirmed its reading.
// The reading comes from a recording, so that neither radio nor device is in the figure.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startExampleMosquitto } from './broker.ts';
import type { Measurement } from './measurement.ts';
import { runRound } from './round.ts';
import { median, peakResidentBytes } from './usage.ts';

const rounds = 15;
const warmRounds = 3;

const recording =
  '{"recording":1,"definition":"victron-ble","medium":"advertisement","when":"2026-01-31T12:00:00.000Z"}\n' +
  '{"ms":0,"medium":"advertisement","direction":"in","source":737,"address":"FA:AC:27:00:00:01","rssi":-60,' +
  '"bytes":"100242a0016207adceb37b605d7e0ee21b24df5c"}\n';

export async function measureOnce(agent: string, folder: string): Promise<Measurement[]> {
  mkdirSync(folder, { recursive: true });
  const mosquitto = await startExampleMosquitto();
  const capture = join(folder, 'capture.jsonl');
  writeFileSync(capture, recording);
  const config = join(folder, 'agent.yml');
  writeFileSync(
    config,
    `agent: bench\nmqtt: { host: 127.0.0.1, port: ${mosquitto.port} }\noutbox: { path: ${folder}/outbox }\n` +
      'devices:\n  - name: roof\n    definition: victron-ble\n    address: "FA:AC:27:00:00:01"\n' +
      `    key: adeccb947395801a4dd45a2eaa44bf17\n    replay: ${capture}\n`,
  );
  const walls: number[] = [];
  const peaks: number[] = [];
  try {
    for (let round = 0; round < warmRounds + rounds; round++) {
      let peakBytes = 0;
      const wallMs = await runRound({ agent, config, cache: join(folder, 'cache') }, 2, (pid) => {
        peakBytes = Math.max(peakBytes, peakResidentBytes(pid));
      });
      if (round < warmRounds) continue;
      walls.push(wallMs);
      peaks.push(peakBytes);
    }
  } finally {
    await mosquitto.remove();
  }
  const wall = median(walls);
  const peak = median(peaks) / 2 ** 20;
  return [
    {
      what: '`wattline-agent once` as packaged, start → confirmed by a local broker → ended, warm: wall time',
      result: `${Math.round(wall)} ms`,
      required: '≤ 160 ms',
      goal: '≤ 100 ms',
      isMet: wall <= 160,
    },
    {
      what: 'the same: peak RSS',
      result: `${Math.round(peak)} MB`,
      required: '≤ 96 MB',
      goal: '≤ 64 MB',
      isMet: peak <= 96,
    },
  ];
}
