{{/* gateway.yaml: the values' `config`, and what the chart adds because the pod says so. */}}

{{- define "nea.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if kindIs "invalid" $config.threads -}}{{- $_ := set $config "threads" (include "nea.threads" . | int) -}}{{- end -}}
{{- if and .Values.tls.existingSecret (not $config.tls) -}}
{{- $_ := set $config "tls" (dict "cert" "tls/tls.crt" "key" "tls/tls.key") -}}
{{- end -}}
{{- if include "nea.redisSecret" . -}}
{{- $fleet := default (dict) $config.fleet -}}
{{- $named := merge (dict "redis" "${NEA_REDIS_URL}") $fleet (dict "name" (include "nea.fullname" .)) -}}
{{- $_ := set $config "fleet" $named -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* One thread per core but the first, which is the I/O thread's. Always written down: the pod and the plan must agree. */}}
{{- define "nea.threads" -}}
{{- $cpu := .Values.resources.limits.cpu -}}
{{- if kindIs "invalid" $cpu -}}{{- $cpu = .Values.resources.requests.cpu -}}{{- end -}}
{{- $millicores := kindIs "invalid" $cpu | ternary "0" (include "nea.millicores" (dict "key" "the CPU in resources" "value" (default "0" $cpu))) -}}
{{- $cores := include "nea.divideUp" (dict "a" $millicores "b" 1000) | int -}}
{{- min 64 (max 1 (sub $cores 1)) -}}
{{- end -}}

{{/* The Secret with Redis' URL; "" without Redis. */}}
{{- define "nea.redisSecret" -}}
{{- if .Values.redis.existingSecret.name -}}{{ .Values.redis.existingSecret.name }}
{{- else if .Values.redis.url -}}{{ include "nea.fullname" . }}-redis
{{- end -}}
{{- end -}}

{{/* What the listener speaks. */}}
{{- define "nea.scheme" -}}
{{- empty (include "nea.config" . | fromYaml).tls | ternary "http" "https" -}}
{{- end -}}

{{/* What files/plan.yaml says. */}}
{{- define "nea.planFile" -}}
{{- .Files.Get "files/plan.yaml" -}}
{{- end -}}

{{/* dict "in" "key" "defaults" ("defaultOf"): the value of a dotted key in a section of the config, or the gateway's default. */}}
{{- define "nea.setting" -}}
{{- $value := .in -}}
{{- range splitList "." .key -}}
{{- if kindIs "map" $value -}}{{- $value = get $value . -}}{{- else -}}{{- $value = "" -}}{{- end -}}
{{- end -}}
{{- if or (kindIs "invalid" $value) (eq (toString $value) "") -}}
{{- $value = get .defaults (default .key .defaultOf) -}}
{{- end -}}
{{- include "nea.text" $value -}}
{{- end -}}

{{/* The port of `listen` or `admin`. */}}
{{- define "nea.port" -}}
{{- $address := include "nea.setting" . -}}
{{- $port := regexFind "[0-9]+$" $address -}}
{{- if or (not $port) (eq (int $port) 0) -}}
{{- fail (printf "config.%s is %q. The pod's ports and the Service follow from it, so it must end in a port that is not 0, such as 0.0.0.0:8080." .key $address) -}}
{{- end -}}
{{- $port -}}
{{- end -}}
