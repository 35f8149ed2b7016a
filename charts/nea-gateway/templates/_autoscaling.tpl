{{/*
Pools that autoscaling looks at, with the number of slots in use per pod at which pods are added, in thousandths:
JSON {small: 11200}. Slots are declared, so the target is a plain number and no query has to divide.
*/}}
{{- define "nea.targets" -}}
{{- $of := include "nea.quantities" . | fromJson -}}
{{- $pools := default (dict) .Values.config.pools -}}
{{- /* As the metric names them: the gates of forwarded requests and of upgrades are pools without arenas. */ -}}
{{- $slots := dict "proxy" (get $of "proxy.slots") "upgrades" (get $of "upgrades.slots") -}}
{{- range $name, $pool := $pools -}}{{- $_ := set $slots $name $pool.slots -}}{{- end -}}
{{- $targets := dict -}}
{{- range default (keys $slots) .Values.autoscaling.pools -}}
{{- $own := get $slots . | int64 -}}
{{- if gt $own 0 -}}{{- $_ := set $targets . (mul $own $.Values.autoscaling.targetOccupancyPercent 10) -}}{{- end -}}
{{- end -}}
{{- toJson $targets -}}
{{- end -}}
