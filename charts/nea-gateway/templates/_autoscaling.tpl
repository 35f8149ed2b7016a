{{/*
Pools that autoscaling looks at, with the number of slots in use per pod at which pods are added, in thousandths:
JSON {small: 11200}. Slots are declared, so the target is a plain number and no query has to divide.
*/}}
{{- define "nea.targets" -}}
{{- $of := include "nea.quantities" . | fromJson -}}
{{- $pools := default (dict) .Values.config.pools -}}
{{- $names := default (concat (keys $pools | sortAlpha) (list "proxy")) .Values.autoscaling.pools -}}
{{- $targets := dict -}}
{{- range $names -}}
{{- $slots := get $of "proxy.slots" -}}
{{- if hasKey $pools . -}}{{- $slots = (get $pools .).slots -}}{{- end -}}
{{- $_ := set $targets . (mul (int64 $slots) $.Values.autoscaling.targetOccupancyPercent 10) -}}
{{- end -}}
{{- toJson $targets -}}
{{- end -}}
