package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	group            = "nfs-steward.io/"
	injectLabel      = group + "inject"
	profileLabel     = group + "profile"
	classLabel       = group + "storage-class"
	requestedOptions = group + "mount-options"
	effectiveNote    = group + "effective-mount-options"
	filledNote       = group + "filled"
	inlineLabel      = group + "inline"
	directoryGate    = group + "directory"
	legacyClass      = "volume.beta.kubernetes.io/storage-class"
)

var isDefaultClass = []string{
	"storageclass.kubernetes.io/is-default-class",
	"storageclass.beta.kubernetes.io/is-default-class",
}

// fillClaim fills in the class its author left out and notes the mount options its volume will get.
func (m *mutator) fillClaim(ctx context.Context, claim *corev1.PersistentVolumeClaim, namespace map[string]string) (*outcome, error) {
	result := outcomeOf(claim)
	if claim.Labels[injectLabel] == "disabled" {
		return result, nil
	}
	profile := m.policy.profileOf(namespace)
	mayFill, err := m.classIsOpen(ctx, claim)
	if err != nil {
		return nil, err
	}
	final := ""
	if claim.Spec.StorageClassName != nil {
		final = *claim.Spec.StorageClassName
	}
	if class := classFor(profile, namespace); mayFill && class != "" {
		final = class
		result.fill("spec.storageClassName", "/spec/storageClassName", class)
	}
	if m.policy.nfsClass(final) {
		noteOptions(claim, profile, result)
	}
	return result, nil
}

func classFor(profile *Profile, namespace map[string]string) string {
	if class := namespace[classLabel]; class != "" {
		return class
	}
	return profile.StorageClassName
}

func noteOptions(claim *corev1.PersistentVolumeClaim, profile *Profile, result *outcome) {
	options, refused := effectiveOptions(profile, claim.Annotations[requestedOptions])
	for _, option := range refused {
		result.warnings = append(result.warnings, fmt.Sprintf("mount option %s is not one this claim may ask for", option))
	}
	result.annotations[effectiveNote] = strings.Join(options, ",")
}

// classIsOpen tells whether the class is absent, or is the cluster's default and not the author's own words.
func (m *mutator) classIsOpen(ctx context.Context, claim *corev1.PersistentVolumeClaim) (bool, error) {
	spec := &claim.Spec
	if spec.Selector != nil || spec.DataSource != nil || spec.DataSourceRef != nil || spec.VolumeName != "" {
		return false, nil
	}
	if _, found := claim.Annotations[legacyClass]; found {
		return false, nil
	}
	if spec.StorageClassName == nil {
		return true, nil
	}
	if *spec.StorageClassName == "" || authorWroteClass(claim) {
		return false, nil
	}
	usual, err := m.clusterDefault(ctx)
	return *spec.StorageClassName == usual, err
}

// authorWroteClass reads managedFields: on CREATE they hold what the client sent, before any admission.
func authorWroteClass(claim *corev1.PersistentVolumeClaim) bool {
	for _, entry := range claim.ManagedFields {
		if entry.FieldsV1 != nil && ownsClass(entry.FieldsV1) {
			return true
		}
	}
	return len(claim.ManagedFields) == 0
}

func ownsClass(fields *metav1.FieldsV1) bool {
	var owned struct {
		Spec struct {
			Class json.RawMessage `json:"f:storageClassName"`
		} `json:"f:spec"`
	}
	return json.Unmarshal(fields.GetRawBytes(), &owned) == nil && owned.Spec.Class != nil
}

// clusterDefault follows the API server's DefaultStorageClass plugin: the newest of the marked ones.
func (m *mutator) clusterDefault(ctx context.Context) (string, error) {
	var classes storagev1.StorageClassList
	if err := m.reader.List(ctx, &classes, client.UnsafeDisableDeepCopy); err != nil {
		return "", err
	}
	var newest *storagev1.StorageClass
	for i := range classes.Items {
		class := &classes.Items[i]
		if marked(class) && (newest == nil || newest.CreationTimestamp.Before(&class.CreationTimestamp)) {
			newest = class
		}
	}
	if newest == nil {
		return "", nil
	}
	return newest.Name, nil
}

func marked(class *storagev1.StorageClass) bool {
	for _, annotation := range isDefaultClass {
		if class.Annotations[annotation] == "true" {
			return true
		}
	}
	return false
}
