{{/* The pod: what runs, what it sees of the file system, how it is asked whether it is well. */}}

{{/*
/etc/nea is one projected volume, so that config, handlers and certificates change in one step (the kubelet swaps one
symlink) and a reload never sees a new config with old handlers.
*/}}
{{- define "nea.volumes" -}}
- name: config
  projected:
    defaultMode: 0440
    sources:
      - configMap:
          name: {{ include "nea.fullname" . }}
      {{- with .Values.handlers.files }}
      - configMap:
          name: {{ include "nea.fullname" $ }}-handlers
          items:
            {{- range $path := keys . | sortAlpha }}
            - key: {{ $path | replace "/" "__" | quote }}
              path: {{ printf "handlers/%s" $path | quote }}
            {{- end }}
      {{- end }}
      {{- with .Values.tls.existingSecret }}
      - secret:
          name: {{ . }}
          items:
            - key: tls.crt
              path: tls/tls.crt
            - key: tls.key
              path: tls/tls.key
      {{- end }}
# Nothing is written but Node's cache of compiled code, when the image's own does not fit the user.
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- with .Values.handlers }}
{{- if .image }}
- name: handlers
  image:
    reference: {{ .image | quote }}
{{- else if .initContainer.image }}
- name: handlers
  emptyDir:
    sizeLimit: {{ .initContainer.sizeLimit }}
{{- else if .volume }}
- name: handlers
  {{- toYaml .volume | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "nea.volumeMounts" -}}
- name: config
  mountPath: /etc/nea
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if or .Values.handlers.image .Values.handlers.initContainer.image .Values.handlers.volume }}
- name: handlers
  mountPath: /handlers
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "nea.env" -}}
{{- with include "nea.redisSecret" . -}}
- name: NEA_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.redis.existingSecret.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "nea.resources" -}}
{{- $memory := include "nea.memory" . -}}
requests:
  {{- toYaml (merge (dict "memory" $memory) .Values.resources.requests) | nindent 2 }}
limits:
  {{- toYaml (merge (dict "memory" $memory) .Values.resources.limits) | nindent 2 }}
{{- end -}}

{{- define "nea.topologySpread" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "nea.selectorLabels" . | fromYaml)) -}}
{{- range .Values.topologySpreadConstraints }}
- {{ toYaml (merge (deepCopy .) $own) | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* dict "root" "name": the pod's container of that kind runs the gateway's image with these. */}}
{{- define "nea.initContainers" -}}
{{- with .Values.handlers.initContainer -}}
{{- if .image -}}
- name: handlers
  image: {{ .image | quote }}
  imagePullPolicy: {{ $.Values.image.pullPolicy }}
  {{- with .command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml $.Values.securityContext | nindent 4 }}
  # As much as the gateway: it runs before it, so the pod asks for no more, and the class stays Guaranteed.
  resources:
    {{- include "nea.resources" $ | nindent 4 }}
  volumeMounts:
    - name: handlers
      mountPath: /handlers
{{- end }}
{{- end }}
{{- with .Values.extraInitContainers }}
{{ toYaml . }}
{{- end }}
{{- end -}}
