import type { ValueMigration } from '../mesh.js'

/**
 * Keys that moved or went away, by the chart version that did it.
 * Source: values.yaml of every OSM release compared.
 */
export const valueMigrations: ValueMigration[] = [
  { at: '0.6.0', from: 'OpenServiceMesh.enablePrometheus', to: 'OpenServiceMesh.deployPrometheus' },
  { at: '0.6.0', from: 'OpenServiceMesh.enableGrafana', to: 'OpenServiceMesh.deployGrafana' },
  { at: '0.6.0', from: 'OpenServiceMesh.fluentBitImage', to: 'OpenServiceMesh.fluentBit' },
  { at: '0.7.0', from: 'OpenServiceMesh.connectVault', hint: 'certificateManager=vault implies it' },
  { at: '0.8.0', from: 'OpenServiceMesh.enableBackpressureExperimental' },
  { at: '0.8.0', from: 'OpenServiceMesh.enableRoutesV2Experimental' },
  { at: '0.8.0', from: 'OpenServiceMesh.fluentBit.logLevel' },
  { at: '0.9.0', from: 'OpenServiceMesh.osmcontroller', to: 'OpenServiceMesh.osmController' },
  { at: '0.9.0', from: 'OpenServiceMesh.replicaCount', to: 'OpenServiceMesh.osmController.replicaCount' },
  {
    at: '0.9.0',
    from: 'OpenServiceMesh.enableWASMStatsExperimental',
    to: 'OpenServiceMesh.featureFlags.enableWASMStats',
  },
  {
    at: '0.9.0',
    from: 'OpenServiceMesh.inbound_extauthz',
    hint: 'set it in the MeshConfig: spec.traffic.inboundExternalAuthorization',
  },
  { at: '0.9.1', from: 'OpenServiceMesh.enablePrometheusScraping' },
  {
    at: '0.10.0',
    from: 'OpenServiceMesh.certificateManager',
    to: 'OpenServiceMesh.certificateProvider.kind',
  },
  {
    at: '0.10.0',
    from: 'OpenServiceMesh.serviceCertValidityDuration',
    to: 'OpenServiceMesh.certificateProvider.serviceCertValidityDuration',
  },
  { at: '0.11.0', from: 'OpenServiceMesh.pspEnabled' },
  { at: '0.11.0', from: 'OpenServiceMesh.featureFlags.enableValidatingWebhook' },
  { at: '1.0.0', from: 'OpenServiceMesh.useHTTPSIngress' },
  {
    at: '1.0.0',
    from: 'OpenServiceMesh.injector.autoScale.targetAverageUtilization',
    to: 'osm.injector.autoScale.cpu.targetAverageUtilization',
  },
  {
    at: '1.0.0',
    from: 'OpenServiceMesh.osmController.autoScale.targetAverageUtilization',
    to: 'osm.osmController.autoScale.cpu.targetAverageUtilization',
  },
  { at: '1.0.0', from: 'OpenServiceMesh', to: 'osm' },
  { at: '1.2.0', from: 'osm.multicluster.gatewayLogLevel' },
  { at: '1.2.0', from: 'osm.featureFlags.enableMulticlusterMode' },
  {
    at: '1.2.0',
    from: 'osm.controlPlaneTolerations',
    hint: 'set tolerations for each component: osm.osmController.tolerations, osm.injector.tolerations, …',
  },
]
