{{/* Numbers as people write them. Templates return text, so each of these returns digits. */}}

{{/* A scalar as text; Helm reads numbers as floating point and would write 1048576 as 1.048576e+06. */}}
{{- define "nea.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}{{ printf "%d" (int64 .) }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* dict "key" "value" "units" -> whole number. `units` maps each suffix to its size; "" is allowed when it is in there. */}}
{{- define "nea.measure" -}}
{{- $text := include "nea.text" .value -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- $number := trimSuffix $unit $text -}}
{{- if or (not (hasKey .units $unit)) (not (regexMatch "^[0-9]+([.][0-9]+)?$" $number)) -}}
{{- fail (printf "%s is %q. %s" .key $text .expected) -}}
{{- end -}}
{{- printf "%d" (int64 (round (mulf (float64 $number) (get .units $unit)) 0)) -}}
{{- end -}}

{{/* A size of the config: 65536, 64Ki, 4Mi. */}}
{{- define "nea.bytes" -}}
{{- $units := dict "" 1 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $expected := "The chart computes the memory from it, so it must be a size such as 64Ki or 4Mi, not a variable." -}}
{{- include "nea.measure" (dict "key" .key "value" .value "units" $units "expected" $expected) -}}
{{- end -}}

{{/* A count of the config. */}}
{{- define "nea.count" -}}
{{- $expected := "The chart computes the memory from it, so it must be a whole number, not a variable." -}}
{{- include "nea.measure" (dict "key" .key "value" .value "units" (dict "" 1) "expected" $expected) -}}
{{- end -}}

{{/* A duration of the config, in milliseconds. */}}
{{- define "nea.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- if eq (include "nea.text" .value) "0" -}}{{- $_ := set $units "" 1 -}}{{- end -}}
{{- $expected := "The grace period follows from it, so it must be a duration such as 250ms or 25s, not a variable." -}}
{{- include "nea.measure" (dict "key" .key "value" .value "units" $units "expected" $expected) -}}
{{- end -}}

{{/* A Kubernetes memory quantity, in bytes. */}}
{{- define "nea.memoryBytes" -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- include "nea.measure" (dict "key" .key "value" .value "units" $units "expected" "Expected a quantity such as 512Mi.") -}}
{{- end -}}

{{/* A Kubernetes CPU quantity, in thousandths of a core. */}}
{{- define "nea.millicores" -}}
{{- $units := dict "" 1000 "m" 1 -}}
{{- include "nea.measure" (dict "key" .key "value" .value "units" $units "expected" "Expected a quantity such as 2 or 1500m.") -}}
{{- end -}}

{{/* dict "a" "b": a / b, rounded up. */}}
{{- define "nea.divideUp" -}}
{{- div (add (int64 .a) (sub (int64 .b) 1)) (int64 .b) -}}
{{- end -}}

{{/* "573.4Mi" */}}
{{- define "nea.size" -}}
{{- $bytes := float64 . -}}
{{- if lt $bytes 1048576.0 -}}{{ printf "%.1fKi" (divf $bytes 1024) }}{{- else -}}{{ printf "%.1fMi" (divf $bytes 1048576) }}{{- end -}}
{{- end -}}
