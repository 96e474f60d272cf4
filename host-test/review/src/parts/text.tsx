import type { ComponentChildren } from "preact";
import { resourceHref, personHref } from "../frame/routes";
import { useApp } from "../frame/state";
import { capital, shown } from "./words";

/** A stranger's text: never markup, and held apart from the direction of the text around it. */
export function Text({ children, class: name }: { children: string; class?: string }) {
  return <bdi class={name}>{shown(children)}</bdi>;
}

/** The name of a resource, which leads to its page. */
export function ResourceLink({ resource }: { resource: number }) {
  const { review } = useApp();
  return (
    <a href={resourceHref(review, resource)}>
      <Text>{review.ownerName(resource)}</Text>
    </a>
  );
}

/**
 * Words about what a thing is or does, where they stand alone. The type of an identity provider is a word of
 * Cloudflare's, and stays as it is.
 */
export function Says({ resource }: { resource: number }) {
  const { review } = useApp();
  const says = review.text("resource.says", resource);
  return <Text>{review.kind(resource).id === "identity-provider" ? says : capital(says)}</Text>;
}

export function PersonLink({ person }: { person: number }) {
  const { review } = useApp();
  return (
    <a href={personHref(person)}>
      <Text>{review.personName(person)}</Text>
    </a>
  );
}

export type Tone = "plain" | "good" | "warn" | "bad" | "accent";

export function Tag({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`tag ${tone}`}>{children}</span>;
}

/** A part of a page with its heading. */
export function Part(props: {
  title: ComponentChildren;
  id?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="part" id={props.id}>
      <header class="part-head">
        <h2>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** The heading of a page, to which the focus goes when the page opens. */
export function Title(props: {
  above?: ComponentChildren;
  children: ComponentChildren;
  below?: ComponentChildren;
}) {
  return (
    <header class="title">
      {props.above && <p class="above">{props.above}</p>}
      <h1 tabIndex={-1} id="title">
        {props.children}
      </h1>
      {props.below && <div class="below">{props.below}</div>}
    </header>
  );
}
