//! Circles of references between rule sets.

use std::slice::Iter;

#[derive(Clone, Copy)]
enum Node {
    New,
    /// Entered, with a number that rises. Its component isn't complete.
    Entered(usize),
    /// In a complete component.
    Done,
}

/// A node on the path from the root to the current node.
struct Step<'a> {
    node: usize,
    number: usize,
    /// The smallest number of an entered node that can be reached from here.
    lowest: usize,
    successors: Iter<'a, usize>,
}

/// Returns the strongly connected components of a graph that is given as each node's successors. A
/// component comes after every component that it refers to.
///
/// This is Tarjan's algorithm with a path of its own, because a long chain of nested groups must not
/// overflow the stack.
pub(super) fn components(graph: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut nodes = vec![Node::New; graph.len()];
    let (mut entered, mut components) = (Vec::new(), Vec::new());
    let mut count = 0;
    for root in 0..graph.len() {
        let mut path: Vec<Step<'_>> = Vec::new();
        let mut next = Some(root);
        loop {
            if let Some(node) = next.take()
                && let (Some(state @ Node::New), Some(successors)) = (nodes.get_mut(node), graph.get(node))
            {
                *state = Node::Entered(count);
                path.push(Step { node, number: count, lowest: count, successors: successors.iter() });
                entered.push(node);
                count += 1;
            }
            let Some(step) = path.last_mut() else { break };
            if let Some(&successor) = step.successors.next() {
                match nodes.get(successor) {
                    Some(Node::New) => next = Some(successor),
                    Some(&Node::Entered(number)) => step.lowest = step.lowest.min(number),
                    Some(Node::Done) | None => {}
                }
                continue;
            }
            let &mut Step { node, number, lowest, .. } = step;
            path.pop();
            if lowest == number {
                let start = entered.iter().rposition(|&entered| entered == node).unwrap_or(0);
                let component = entered.split_off(start);
                for &node in &component {
                    nodes.get_mut(node).into_iter().for_each(|state| *state = Node::Done);
                }
                components.push(component);
            }
            if let Some(parent) = path.last_mut() {
                parent.lowest = parent.lowest.min(lowest);
            }
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::components;

    fn sorted(successors: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let mut found = components(successors);
        for component in &mut found {
            component.sort_unstable();
        }
        found
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        assert_eq!(sorted(&[vec![1], vec![2], vec![]]), [vec![2], vec![1], vec![0]]);
    }

    #[test]
    fn circles_are_one_component() {
        assert_eq!(sorted(&[vec![1], vec![2, 3], vec![0], vec![3]]), [vec![3], vec![0, 1, 2]]);
    }

    #[test]
    fn two_circles_that_share_a_group_are_one() {
        assert_eq!(sorted(&[vec![1, 2], vec![0], vec![0]]), [vec![0, 1, 2]]);
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let chain: Vec<_> =
            (1..=100_000).map(|next| if next < 100_000 { vec![next] } else { vec![] }).collect();
        assert_eq!(components(&chain).len(), 100_000);
    }
}
