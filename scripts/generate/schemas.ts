// JSON Schemas of the two configurations, for editors.

import { agentSchema } from '../../packages/agent/src/config/schema.ts';
import { bridgeSchema } from '../../packages/bridge/src/config/schema.ts';
import { toEditorSchema, toJsonSchema } from '../../packages/program/src/index.ts';

export const generateSchemas = (): readonly { readonly path: string; readonly content: string }[] =>
  [
    { path: 'config/agent.schema.json', schema: agentSchema },
    { path: 'config/bridge.schema.json', schema: bridgeSchema },
  ].map(({ path, schema }) => ({
    path,
    content: `${JSON.stringify(toEditorSchema(toJsonSchema(schema)), null, 2)}\n`,
  }));
