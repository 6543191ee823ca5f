// What the test runner found, from the file that its JSON reporter wrote.

import { readFileSync } from 'node:fs';

export interface TestsResult {
  readonly passed: number;
  readonly failed: number;
  /** Names of tests that did not run. */
  readonly skipped: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export function readTestsResult(file: string): TestsResult {
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const { status, assertionResults } of report.testResults) {
    const failedBefore = failed;
    for (const test of assertionResults) {
      if (test.status === 'passed') passed++;
      else if (test.status === 'failed') failed++;
      else skipped.push(test.fullName);
    }
    // A file that could not be loaded has no tests to fail.
    if (status === 'failed' && failed === failedBefore) failed++;
  }
  return { passed, failed, skipped };
}
