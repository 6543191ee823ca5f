// The agent's Bluetooth as `run` composes it, on a virtual radio in this process: the watched radio, the program of its
// child with the messages between them copied, and noble's code. What can happen to a child and to an adapter can be ordered.

import { EventEmitter } from 'node:events';
import { fakeHciSocket } from '../../simulator/src/radio/fake-hci-socket.ts';
import type { VirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import { TransportError } from '../src/transport.ts';
import type { Controller } from '../src/transports/controller.ts';
import { runRadioChild } from '../src/transports/radio-child.ts';
import type { RadioOrder } from '../src/transports/radio-messages.ts';
import { runRadioProcess, type StartProcess } from '../src/transports/radio-process.ts';
import type { FastClock } from './fast-clock.ts';

export interface ChildrenOnRadio {
  readonly runProcess: typeof runRadioProcess;
  /** As the system ends a process: nothing of it goes on. */
  kill(): void;
  unplug(): void;
  plugIn(): void;
  /** The controller takes everything and answers nothing, or is itself again. */
  silence(isSilent: boolean): void;
  readonly started: () => number;
}

export function childrenOn(air: VirtualRadio, clock: FastClock): ChildrenOnRadio {
  let isPluggedIn = true;
  let isSilent = false;
  let started = 0;
  let kill = (): void => {};
  let unplug = (): void => {};

  const openController = (owner: object): Controller => {
    if (!isPluggedIn) throw new TransportError('absent', 'no Bluetooth adapter on this machine');
    const socket = fakeHciSocket(air);
    return {
      name: 'virtual',
      start(packet, lost) {
        unplug = () => {
          socket.setUp(false);
          clock.on(owner, () => lost(new TransportError('lost', 'the adapter virtual is gone')));
        };
        socket.on('data', (bytes: Buffer) => {
          if (!isSilent) clock.on(owner, () => packet(bytes));
        });
        socket.start();
      },
      write: (packet) => clock.on(undefined, () => socket.write(packet)),
      async close() {
        unplug = () => {};
        socket.stop();
      },
    };
  };

  const start: StartProcess = () => {
    const owner = {};
    const inChild = new EventEmitter();
    const controllers: Controller[] = [];
    let isAlive = true;
    const child = Object.assign(new EventEmitter(), {
      ...{ pid: ++started, connected: true, stdout: null, stderr: null },
      send(order: object) {
        const copy: unknown = structuredClone(order);
        queueMicrotask(() => clock.on(owner, () => inChild.emit('message', copy)));
        return true;
      },
      kill() {
        end(null, 'SIGKILL');
        return true;
      },
    });
    function end(code: number | null, signal: string | null): void {
      if (!isAlive) return;
      isAlive = false;
      child.connected = false;
      inChild.removeAllListeners();
      clock.end(owner);
      for (const controller of controllers) void controller.close();
      queueMicrotask(() => clock.on(undefined, () => child.emit('close', code, signal)));
    }
    kill = () => end(null, 'SIGKILL');
    clock.on(owner, () =>
      runRadioChild(
        {
          on: (event: string, act: (order: RadioOrder) => void) => inChild.on(event, act),
          send(news, _handle, _options, sent) {
            const copy: unknown = structuredClone(news);
            queueMicrotask(() => {
              if (isAlive) clock.on(undefined, () => child.emit('message', copy));
            });
            queueMicrotask(sent);
          },
          exit: () => end(0, null),
        },
        () => ({
          candidates: [
            async () => {
              const controller = openController(owner);
              controllers.push(controller);
              return controller;
            },
          ],
        }),
      ),
    );
    return child;
  };
  return {
    runProcess: (options, signal) => runRadioProcess({ ...options, start }, signal),
    kill: () => kill(),
    unplug() {
      isPluggedIn = false;
      unplug();
    },
    plugIn() {
      isPluggedIn = true;
    },
    silence(silent) {
      isSilent = silent;
    },
    started: () => started,
  };
}
