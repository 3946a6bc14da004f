{{- define "osm.namespace" -}}
{{ .Values.OpenServiceMesh.osmNamespace | default .Release.Namespace }}
{{- end }}

{{- define "osm.labels" -}}
app.kubernetes.io/name: openservicemesh.io
app.kubernetes.io/instance: {{ .Values.OpenServiceMesh.meshName }}
app.kubernetes.io/version: {{ .Chart.AppVersion }}
{{- end }}

{{- define "osm.webhookName" -}}
{{ .Values.OpenServiceMesh.webhookConfigNamePrefix }}-{{ .Values.OpenServiceMesh.meshName }}
{{- end }}

{{- define "osm.validatorWebhookName" -}}
{{ .Values.OpenServiceMesh.validatorWebhook.webhookConfigurationName | default (printf "osm-validator-mesh-%s" .Values.OpenServiceMesh.meshName) }}
{{- end }}

{{- define "osm.tracingAddress" -}}
{{ .Values.OpenServiceMesh.tracing.address | default (printf "jaeger.%s.svc.cluster.local" (include "osm.namespace" .)) }}
{{- end }}

{{/* image of one of the mesh's own programs: list of root and name */}}
{{- define "osm.image" -}}
{{- $image := (index . 0).Values.OpenServiceMesh.image -}}
{{ $image.registry }}/{{ index . 1 }}:{{ $image.tag }}
{{- end }}

{{/* arguments about certificates, the same for each program */}}
{{- define "osm.certificateArgs" -}}
{{- $mesh := .Values.OpenServiceMesh -}}
"--ca-bundle-secret-name", {{ $mesh.caBundleSecretName | quote }},
"--certificate-manager", {{ $mesh.certificateProvider.kind | quote }},
{{- if eq $mesh.certificateProvider.kind "vault" }}
"--vault-host", {{ $mesh.vault.host | required "vault needs OpenServiceMesh.vault.host" | quote }},
"--vault-protocol", {{ $mesh.vault.protocol | quote }},
"--vault-token", {{ $mesh.vault.token | required "vault needs OpenServiceMesh.vault.token" | quote }},
{{- end }}
"--cert-manager-issuer-name", {{ $mesh.certmanager.issuerName | quote }},
"--cert-manager-issuer-kind", {{ $mesh.certmanager.issuerKind | quote }},
"--cert-manager-issuer-group", {{ $mesh.certmanager.issuerGroup | quote }},
{{- end }}

{{- define "osm.probes" -}}
{{- range $probe := list "readinessProbe" "livenessProbe" }}
{{ $probe }}:
  initialDelaySeconds: {{ $.delay }}
  timeoutSeconds: 5
  httpGet:
    scheme: {{ $.scheme }}
    path: {{ index $.paths $probe }}
    port: {{ $.port }}
{{- end }}
{{- end }}

{{/* what all pods of the control plane share */}}
{{- define "osm.podDefaults" -}}
serviceAccountName: {{ .Release.Name }}
nodeSelector:
  kubernetes.io/arch: amd64
  kubernetes.io/os: linux
{{- with .Values.OpenServiceMesh.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.OpenServiceMesh.controlPlaneTolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* programs other than osm-bootstrap start only when it has made CRDs and MeshConfig */}}
{{- define "osm.waitForBootstrap" -}}
image: curlimages/curl
args:
  - /bin/sh
  - -c
  - >
    until curl --fail --silent --connect-timeout 2 http://osm-bootstrap.{{ include "osm.namespace" . }}.svc.cluster.local:9095/healthz;
    do sleep 10; done
{{- end }}

{{- define "osm.securityContext" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 3000
  fsGroup: 2000
  supplementalGroups: [5555]
{{- end }}
