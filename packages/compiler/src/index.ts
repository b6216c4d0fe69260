/** Compiles `"use workflow"` and `"use step"`: host code, programs, manifests. */
export type { Location } from './code-frame.ts';
export { CompileError, type Diagnostic, formatDiagnostic } from './diagnostics.ts';
export { type Discovery, discover } from './discover.ts';
export { type HostOptions, type HostResult, type HostSite, transformHost } from './host.ts';
export type { Manifest, ManifestEntry } from './manifest.ts';
export { installNodeHooks, type NodeHooksOptions } from './node-hooks.ts';
export { buildProgram, type GuestOptions, type Program, type ProgramOptions } from './program.ts';
export { type PluginOptions, perdure } from './unplugin.ts';
export { VIRTUAL_PROGRAM } from './virtual-program.ts';
