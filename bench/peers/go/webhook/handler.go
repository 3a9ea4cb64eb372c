package main

import (
	"context"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// mutator answers /mutate for claims and Pods.
type mutator struct {
	policy  *Policy
	reader  client.Reader
	decoder admission.Decoder
}

// Handle decodes the typed object and answers with the patch that fills it in.
func (m *mutator) Handle(ctx context.Context, req admission.Request) admission.Response {
	namespace := namespaceMetadata()
	if err := m.reader.Get(ctx, client.ObjectKey{Name: req.Namespace}, namespace); err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	if namespace.Labels[injectLabel] != "enabled" {
		return admission.Allowed("")
	}
	switch req.Kind.Kind {
	case "PersistentVolumeClaim":
		claim := &corev1.PersistentVolumeClaim{}
		if err := m.decoder.Decode(req, claim); err != nil {
			return admission.Errored(http.StatusBadRequest, err)
		}
		result, err := m.fillClaim(ctx, claim, namespace.Labels)
		if err != nil {
			return admission.Errored(http.StatusInternalServerError, err)
		}
		return answer(ctx, result)
	case "Pod":
		pod := &corev1.Pod{}
		if err := m.decoder.Decode(req, pod); err != nil {
			return admission.Errored(http.StatusBadRequest, err)
		}
		return answer(ctx, m.fillPod(pod))
	}
	return admission.Allowed("")
}

// answer writes the decision's log line and the response.
func answer(ctx context.Context, result *outcome) admission.Response {
	logf.FromContext(ctx).Info("decided", "filled", result.filled)
	return admission.Patched("", result.patch()...).WithWarnings(result.warnings...)
}
