{{/* What cannot work is refused here, in a sentence, before a cluster sees it. configmap.yaml and deployment.yaml include it. */}}
{{- define "nea.checks" -}}
{{- $values := .Values -}}
{{- $config := include "nea.config" . | fromYaml -}}
{{- $defaults := (include "nea.planFile" . | fromYaml).defaults -}}
{{- include "nea.checkMemoryLimit" (dict "root" . "config" $config) -}}
{{- include "nea.checkPorts" (dict "config" $config "defaults" $defaults) -}}
{{- include "nea.checkHandlers" (dict "values" $values "config" $config) -}}
{{- $_ := include "nea.drain" . -}}

{{- if and $values.redis.url $values.redis.existingSecret.name -}}
{{- fail "redis.url and redis.existingSecret.name are both set; use one." -}}
{{- end -}}
{{- if and $config.fleet (not $config.fleet.redis) -}}
{{- fail "config.fleet needs Redis: set redis.url or redis.existingSecret.name." -}}
{{- end -}}

{{- $autoscaling := $values.autoscaling -}}
{{- if and $autoscaling.hpa.enabled $autoscaling.keda.enabled -}}
{{- fail "autoscaling.hpa and autoscaling.keda are both enabled; two autoscalers on one Deployment fight. Use one." -}}
{{- end -}}
{{- if or $autoscaling.hpa.enabled $autoscaling.keda.enabled -}}
{{- if gt (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas is %d, more than maxReplicas, which is %d." (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas)) -}}
{{- end -}}
{{- $pools := concat (keys (default (dict) $config.pools) | sortAlpha) (list "proxy" "upgrades") -}}
{{- range $autoscaling.pools -}}
{{- if not (has . $pools) -}}{{- fail (printf "autoscaling.pools names %q; there are %s." . (join ", " $pools)) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $autoscaling.keda.enabled (not $autoscaling.keda.prometheusAddress) -}}
{{- fail "autoscaling.keda needs prometheusAddress, such as http://prometheus.monitoring:9090." -}}
{{- end -}}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs is empty: name the Gateway it attaches to." -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) -}}
{{- fail "ingress.hosts is empty: name a host and its paths." -}}
{{- end -}}
{{- end -}}

{{- define "nea.checkMemoryLimit" -}}
{{- $limit := (default (dict) .config.memory).limit -}}
{{- if $limit -}}
{{- $plan := include "nea.plan" .root | fromJson -}}
{{- $bytes := include "nea.bytes" (dict "key" "config.memory.limit" "value" $limit) | int64 -}}
{{- if lt $bytes (int64 $plan.totalBytes) -}}
{{- fail (printf "config.memory.limit is %s, but this config needs %s: the pod would refuse to start. Leave it out; the container's limit counts then." $limit (include "nea.size" $plan.totalBytes)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "nea.checkPorts" -}}
{{- $listen := include "nea.port" (dict "in" .config "key" "listen" "defaults" .defaults) -}}
{{- $admin := include "nea.port" (dict "in" .config "key" "admin" "defaults" .defaults) -}}
{{- if eq $listen $admin -}}{{- fail (printf "config.listen and config.admin both use port %s." $listen) -}}{{- end -}}
{{- range $key := list "listen" "admin" -}}
{{- $address := include "nea.setting" (dict "in" $.config "key" $key "defaults" $.defaults) -}}
{{- if regexMatch "^(127[.]|localhost:|\\[::1\\])" $address -}}
{{- fail (printf "config.%s is %s, which nothing outside the pod can reach, probes included. Use 0.0.0.0:%s." $key $address (regexFind "[0-9]+$" $address)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A handler that is in no volume would stop the pod at start. */}}
{{- define "nea.checkHandlers" -}}
{{- $handlers := .values.handlers -}}
{{- $sources := list -}}
{{- if $handlers.image }}{{- $sources = append $sources "handlers.image" -}}{{ end -}}
{{- if $handlers.volume }}{{- $sources = append $sources "handlers.volume" -}}{{ end -}}
{{- if $handlers.initContainer.image }}{{- $sources = append $sources "handlers.initContainer.image" -}}{{ end -}}
{{- if gt (len $sources) 1 -}}
{{- fail (printf "%s are all mounted at /handlers; use one." (join " and " $sources)) -}}
{{- end -}}
{{- range $index, $route := .config.routes -}}
{{- $file := default "" $route.handler -}}
{{- if and $route.pool (not (hasKey (default (dict) $.config.pools) $route.pool)) -}}
{{- fail (printf "config.routes[%d].pool is %s, but config.pools has %s." $index $route.pool (default "none" (keys (default (dict) $.config.pools) | sortAlpha | join ", "))) -}}
{{- end -}}
{{- if and (hasPrefix "handlers/" $file) (not (hasKey (default (dict) $handlers.files) (trimPrefix "handlers/" $file))) -}}
{{- fail (printf "config.routes[%d].handler is %s, but handlers.files has no %s." $index $file (trimPrefix "handlers/" $file)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
How a pod ends, in milliseconds and seconds, as JSON:

  decision to stop -- preStopSeconds --> SIGTERM -- drain.delay --> no new connections -- ... --> drain.deadline --> exit
  |<------------------------------------- terminationGracePeriodSeconds -------------------------------------- +5 s -->|
*/}}
{{- define "nea.drain" -}}
{{- $config := include "nea.config" . | fromYaml -}}
{{- $defaults := (include "nea.planFile" . | fromYaml).defaults -}}
{{- $delay := include "nea.milliseconds" (dict "key" "config.drain.delay" "value" (include "nea.setting" (dict "in" $config "key" "drain.delay" "defaults" $defaults))) | int64 -}}
{{- $deadline := include "nea.milliseconds" (dict "key" "config.drain.deadline" "value" (include "nea.setting" (dict "in" $config "key" "drain.deadline" "defaults" $defaults))) | int64 -}}
{{- if le $deadline $delay -}}
{{- fail (printf "config.drain.deadline is %d ms and config.drain.delay is %d ms. Both count from the signal, so the deadline must be later." $deadline $delay) -}}
{{- end -}}
{{- $preStop := int64 .Values.preStopSeconds -}}
{{- $needed := add $preStop (include "nea.divideUp" (dict "a" $deadline "b" 1000)) 5 -}}
{{- $grace := $needed -}}
{{- if not (kindIs "invalid" .Values.terminationGracePeriodSeconds) -}}
{{- $grace = int64 .Values.terminationGracePeriodSeconds -}}
{{- if lt $grace $needed -}}
{{- fail (printf "terminationGracePeriodSeconds is %d, but stopping takes up to %d: preStopSeconds %d, config.drain.deadline %d ms, 5 to exit. Kubernetes would cut requests off; leave it out and the chart sets it." $grace $needed $preStop $deadline) -}}
{{- end -}}
{{- end -}}
{{- dict "delayMs" $delay "deadlineMs" $deadline "preStopSeconds" $preStop "graceSeconds" $grace | toJson -}}
{{- end -}}
