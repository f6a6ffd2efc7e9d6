/**
 * The inventory as a CycloneDX 1.6 document, for other people's tools. Pure.
 *
 * Source: CycloneDX 1.6 JSON reference; package-url specification for `purl`.
 *
 * @module
 */
import type { Component } from './osv.ts'

export type Bom = {
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.6'
  readonly serialNumber: string
  readonly version: 1
  readonly metadata: {
    readonly timestamp: string
    readonly tools: { readonly components: readonly object[] }
  }
  readonly components: readonly BomComponent[]
}

export type BomComponent = {
  readonly type: 'library' | 'application'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
}

/** @param serial A UUID: each document is another. */
export function bomOf(components: readonly Component[], serial: string, nowMs: number): Bom {
  const byPurl = new Map(components.map((one) => [purlOf(one), one]))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: {
      timestamp: new Date(nowMs).toISOString(),
      tools: { components: [{ type: 'application', name: 'veilig' }] },
    },
    components: [...byPurl].map(([purl, { ecosystem, name, version }]) => ({
      type: ecosystem === 'Bitnami' ? 'application' : 'library',
      'bom-ref': purl,
      name,
      version,
      purl,
    })),
  }
}

/** `pkg:npm/%40scope/name@1.0.0`, `pkg:deb/debian/name@1%3A2-3?distro=debian-12`. */
export function purlOf({ ecosystem, name, version }: Component): string {
  const at = encodeURIComponent(version)
  if (ecosystem === 'npm') return `pkg:npm/${name.replace('@', '%40')}@${at}`
  const debian = /^Debian:(\d+)$/.exec(ecosystem)
  if (debian) return `pkg:deb/debian/${encodeURIComponent(name)}@${at}?distro=debian-${debian[1]}`
  return `pkg:bitnami/${encodeURIComponent(name)}@${at}`
}
