#!/usr/bin/env node
// wattline-agent. The process that owns the radio is this same program; it loads nothing but what it needs.

async function main(): Promise<void> {
  if (process.argv[2] === 'radio-child') {
    const { runRadioChild } = await import('./transports/radio-child.ts');
    runRadioChild();
  } else {
    const { startProgram } = await import('./program.ts');
    await startProgram(process);
  }
}

void main();

export {};
