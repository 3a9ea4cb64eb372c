package main

import (
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var escaped = strings.NewReplacer("~", "~0", "/", "~1") // RFC 6901

// outcome gathers what is filled in on one object. Its patch is written by hand: having controller-runtime marshal the
// typed object and diff the two costs a quarter of a request, and would make this an easier peer to beat.
type outcome struct {
	object      metav1.Object
	filled      []string
	labels      map[string]string
	annotations map[string]string
	operations  []jsonpatch.JsonPatchOperation
	warnings    []string
}

func outcomeOf(object metav1.Object) *outcome {
	return &outcome{object: object, labels: map[string]string{}, annotations: map[string]string{}}
}

// fill notes that a field gets a value; an `add` also replaces what is there.
func (o *outcome) fill(field, pointer string, value any) {
	o.filled = append(o.filled, field)
	o.operations = append(o.operations, jsonpatch.NewOperation("add", pointer, value))
}

func (o *outcome) patch() []jsonpatch.JsonPatchOperation {
	if len(o.filled) > 0 {
		o.annotations[filledNote] = strings.Join(o.filled, ",")
	}
	o.operations = addEntries(o.operations, "/metadata/labels", o.object.GetLabels() == nil, o.labels)
	return addEntries(o.operations, "/metadata/annotations", o.object.GetAnnotations() == nil, o.annotations)
}

// addEntries adds to a map of the object, or the whole map where the object has none.
func addEntries(operations []jsonpatch.JsonPatchOperation, pointer string, missing bool, entries map[string]string) []jsonpatch.JsonPatchOperation {
	if missing && len(entries) > 0 {
		return append(operations, jsonpatch.NewOperation("add", pointer, entries))
	}
	for key, value := range entries {
		operations = append(operations, jsonpatch.NewOperation("add", pointer+"/"+escaped.Replace(key), value))
	}
	return operations
}
