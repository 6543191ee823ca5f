#!/usr/bin/env node
// wattline-bridge.

import { startProgram } from './program.ts';

await startProgram(process);
