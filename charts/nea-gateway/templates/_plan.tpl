{{/*
The memory of the pod, by the same terms as `nea plan`. The formulas come from files/plan.yaml, which is made from the
gateway's own plan; here they are only evaluated. test/chart/memory.test.ts compares both on real configs.
*/}}

{{/* The quantities that the formulas are about, as JSON. */}}
{{- define "nea.quantities" -}}
{{- $config := include "nea.config" . | fromYaml -}}
{{- $file := include "nea.planFile" . | fromYaml -}}
{{- $defaults := $file.defaults -}}
{{- $of := dict "memory.headroom" 0 -}}
{{- range list "limits.connections" "proxy.slots" "upgrades.slots" -}}
{{- $value := include "nea.setting" (dict "in" $config "key" . "defaults" $defaults) -}}
{{- $_ := set $of . (include "nea.count" (dict "key" (printf "config.%s" .) "value" $value)) -}}
{{- end -}}
{{- range list "limits.headBytes" "proxy.bufferBytes" "images" "memory.headroom" -}}
{{- $value := include "nea.setting" (dict "in" $config "key" . "defaults" $defaults) -}}
{{- $_ := set $of . (include "nea.bytes" (dict "key" (printf "config.%s" .) "value" $value)) -}}
{{- end -}}
{{- $_ := set $of "threads" (include "nea.count" (dict "key" "config.threads" "value" $config.threads)) -}}
{{- range list "tls" "fleet" -}}{{- $_ := set $of . (empty (get $config .) | ternary 0 1) -}}{{- end -}}

{{- $slots := 0 -}}
{{- $largest := int64 $file.arenaFloor -}}
{{- $waiting := include "nea.count" (dict "key" "config.proxy.queue.length" "value" (include "nea.setting" (dict "in" $config "key" "proxy.queue.length" "defaults" $defaults))) -}}
{{- range $name, $pool := $config.pools -}}
{{- $key := printf "config.pools.%s" $name -}}
{{- if not (and (kindIs "map" $pool) (hasKey $pool "slots") (hasKey $pool "arena")) -}}{{- fail (printf "%s needs slots and arena." $key) -}}{{- end -}}
{{- $slots = add $slots (include "nea.count" (dict "key" (printf "%s.slots" $key) "value" $pool.slots)) -}}
{{- $largest = max $largest (include "nea.bytes" (dict "key" (printf "%s.arena" $key) "value" $pool.arena)) -}}
{{- $length := include "nea.setting" (dict "in" $pool "key" "queue.length" "defaults" $defaults "defaultOf" "pools.NAME.queue.length") -}}
{{- $waiting = add $waiting (include "nea.count" (dict "key" (printf "%s.queue.length" $key) "value" $length)) -}}
{{- end -}}
{{- $_ := set $of "pools.slots" $slots -}}
{{- $_ := set $of "pools.largestArena" $largest -}}
{{- $_ := set $of "queues.length" $waiting -}}

{{- $subrequests := 0 -}}
{{- range $index, $route := $config.routes -}}
{{- if $route.handler -}}
{{- $most := include "nea.setting" (dict "in" $route "key" "limits.subrequests" "defaults" $defaults "defaultOf" "routes[].limits.subrequests") -}}
{{- $subrequests = max $subrequests (include "nea.count" (dict "key" (printf "config.routes[%d].limits.subrequests" $index) "value" $most)) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $of "routes.count" (len (default list $config.routes)) -}}
{{- $_ := set $of "routes.mostSubrequests" $subrequests -}}
{{- toJson $of -}}
{{- end -}}

{{/* dict "term" "of": the bytes of one term. */}}
{{- define "nea.termBytes" -}}
{{- $of := .of -}}
{{- $name := .term.name -}}
{{- $sum := 0 -}}
{{- range $product := .term.sum -}}
{{- $value := 1 -}}
{{- range $factor := splitList " * " $product -}}
{{- if hasKey $of $factor -}}{{- $value = mul $value (int64 (get $of $factor)) -}}
{{- else if regexMatch "^[0-9]+$" $factor -}}{{- $value = mul $value (int64 $factor) -}}
{{- else -}}{{- fail (printf "files/plan.yaml: the term %q needs %q, which templates/_plan.tpl does not compute." $name $factor) -}}
{{- end -}}
{{- end -}}
{{- $sum = add $sum $value -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/* {terms: [{name, bytes}], totalBytes, memoryMi} as JSON. `memoryMi`: rounded up to whole Mi, the chart's only margin. */}}
{{- define "nea.plan" -}}
{{- $config := include "nea.config" . | fromYaml -}}
{{- $of := include "nea.quantities" . | fromJson -}}
{{- $terms := list -}}
{{- $total := 0 -}}
{{- range $term := (include "nea.planFile" . | fromYaml).terms -}}
{{- $pools := $term.perPool | ternary $config.pools (dict "" (dict)) -}}
{{- range $name, $pool := $pools -}}
{{- $own := $of -}}
{{- if $term.perPool -}}
{{- $key := printf "config.pools.%s" $name -}}
{{- $slots := include "nea.count" (dict "key" (printf "%s.slots" $key) "value" $pool.slots) -}}
{{- $arena := include "nea.bytes" (dict "key" (printf "%s.arena" $key) "value" $pool.arena) -}}
{{- $own = merge (dict "pool.slots" $slots "pool.arena" $arena) $of -}}
{{- end -}}
{{- $bytes := include "nea.termBytes" (dict "term" $term "of" $own) | int64 -}}
{{- $total = add $total $bytes -}}
{{- $terms = append $terms (dict "name" (replace "{pool}" $name $term.name) "bytes" $bytes) -}}
{{- end -}}
{{- end -}}
{{- $memoryMi := include "nea.divideUp" (dict "a" $total "b" 1048576) | int64 -}}
{{- dict "terms" $terms "totalBytes" $total "memoryMi" $memoryMi | toJson -}}
{{- end -}}

{{/* The memory of the pod as it stands in requests and limits: the plan's, or a larger one of the values. */}}
{{- define "nea.memory" -}}
{{- $plan := include "nea.plan" . | fromJson -}}
{{- $limit := .Values.resources.limits.memory -}}
{{- $request := .Values.resources.requests.memory -}}
{{- $own := default $request $limit -}}
{{- if not $own -}}{{ printf "%dMi" (int64 $plan.memoryMi) }}
{{- else -}}
{{- if and $limit $request (ne (toString $limit) (toString $request)) -}}
{{- fail (printf "resources.requests.memory is %s and resources.limits.memory is %s. Everything is committed at start, so they must be equal; leave both out and the chart computes them." $request $limit) -}}
{{- end -}}
{{- $bytes := include "nea.memoryBytes" (dict "key" "resources.limits.memory" "value" $own) | int64 -}}
{{- if lt $bytes (int64 $plan.totalBytes) -}}
{{- fail (printf "resources.limits.memory is %s, but this config needs %s: the pod would refuse to start. Leave it out and the chart sets %dMi, or lower pools.*.slots, proxy.slots or limits.connections.%s" $own (include "nea.size" $plan.totalBytes) (int64 $plan.memoryMi) (include "nea.largestTerms" $plan)) -}}
{{- end -}}
{{- $own -}}
{{- end -}}
{{- end -}}

{{/* For a refusal: what takes more than 5 %. */}}
{{- define "nea.largestTerms" -}}
{{- $total := float64 .totalBytes -}}
{{ " Largest terms:" }}
{{- range .terms -}}
{{- if gt (float64 .bytes) (mulf $total 0.05) }}
  {{ printf "%-22s%9s" .name (include "nea.size" .bytes) }}
{{- end -}}
{{- end -}}
{{- end -}}
