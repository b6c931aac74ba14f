"""The host desk: where a host or the duty administrator decides about a visit."""
